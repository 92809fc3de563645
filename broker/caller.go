package broker

import (
	"fmt"
	"os/user"
	"strconv"
)

// ThisUser names the user of the operating system that runs this process:
// "root (uid 0)".
func ThisUser() string {
	u, err := user.Current()
	if err != nil {
		return "a user without a name"
	}
	return fmt.Sprintf("%s (uid %s)", u.Username, u.Uid)
}

// userName names a user of the operating system, or only the uid where it has
// no name.
func userName(uid uint32) string {
	u, err := user.LookupId(strconv.FormatUint(uint64(uid), 10))
	if err != nil {
		return fmt.Sprintf("uid %d", uid)
	}
	return fmt.Sprintf("%s (uid %d)", u.Username, uid)
}
