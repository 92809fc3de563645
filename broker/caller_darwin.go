package broker

import "golang.org/x/sys/unix"

// peer names the user at the other end of a Unix socket, by the kernel's word.
func peer(fd uintptr) (string, error) {
	cred, err := unix.GetsockoptXucred(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
	if err != nil {
		return "", err
	}
	return userName(cred.Uid), nil
}
