package hosts

// stackRoom is what goroutines need, in bytes, that tell events or speak SSH. With what they begin with it makes 16 KB,
// the largest stack that the runtime keeps for the next goroutine.
const stackRoom = 9 << 10

// growStack makes room on the stack of a goroutine that is about to go deep. Go begins with 2 KB, and where that is full
// it doubles it and goes through all frames: with many commands at once this was a third of the instructions of the
// program. Called first it happens once, and there is one frame.
//
//go:noinline
func growStack() {
	var room [stackRoom]byte
	keep(&room)
}

// keep has the compiler not leave out what is not used.
//
//go:noinline
func keep(*[stackRoom]byte) {}
