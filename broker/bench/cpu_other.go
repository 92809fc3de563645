//go:build !unix

package bench

import "time"

// cpuTime is not known on this system: figures of cost are left out.
func cpuTime() time.Duration { return 0 }
