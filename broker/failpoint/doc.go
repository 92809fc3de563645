// Package failpoint marks the places at which a crash is tried out. In every
// ordinary build [Here] is empty and costs nothing. In a build with the tag
// "failpoint" the environment variable LIAISON_FAILPOINT names a place, how many
// times it is passed before the process is killed there, as by kill -9, and
// optionally how long after the passing:
//
//	go build -tags failpoint -o liaison-failpoint .
//	LIAISON_FAILPOINT=intake.stored:3 liaison-failpoint serve --dir ./broker
//	LIAISON_FAILPOINT=router.decided:3:2ms liaison-failpoint serve --dir ./broker
//
// A name is the package and what has just been done there.
package failpoint
