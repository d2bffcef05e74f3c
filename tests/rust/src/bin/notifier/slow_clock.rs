//! A slower monotonic clock, so that the crate's fixed time limits do not expire on a busy machine.
//!
//! The limits, 1 s to connect and 0.5 s for a reply, cannot be configured. `Instant` measures them with the C
//! library's `clock_gettime`. If the program defines a function with this name, the linker uses that one instead.
//! This works on Linux only; other systems keep the normal clock.

/// Slows the monotonic clock of this process by the factor in `JUDGE_SLOW_CLOCK`, if that is set.
pub fn start() {
    if let Some(factor) = std::env::var("JUDGE_SLOW_CLOCK")
        .ok()
        .and_then(|text| text.parse().ok())
    {
        imp::start(factor);
    }
}

#[cfg(not(target_os = "linux"))]
mod imp {
    pub fn start(_factor: i64) {}
}

#[cfg(target_os = "linux")]
mod imp {
    use std::sync::atomic::{AtomicI64, Ordering};

    use libc::{CLOCK_MONOTONIC, SYS_clock_gettime, c_int, clockid_t, timespec};

    const NANOSECONDS: i64 = 1_000_000_000;
    static FACTOR: AtomicI64 = AtomicI64::new(1);
    static STARTED: AtomicI64 = AtomicI64::new(0);

    pub fn start(factor: i64) {
        let mut now = timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: `now` is a valid place for the answer.
        unsafe { clock_gettime(CLOCK_MONOTONIC, &mut now) };
        STARTED.store(now.tv_sec * NANOSECONDS + now.tv_nsec, Ordering::Relaxed);
        FACTOR.store(factor, Ordering::Release);
    }

    /// Replaces the C library's function in this program.
    ///
    /// # Safety
    ///
    /// As that of the C library: `time` must be valid for writing.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn clock_gettime(clock: clockid_t, time: *mut timespec) -> c_int {
        // SAFETY: the system call has the arguments that the function was called with.
        let status = unsafe { libc::syscall(SYS_clock_gettime, clock, time) };
        let factor = FACTOR.load(Ordering::Acquire);
        if status == 0 && clock == CLOCK_MONOTONIC && factor > 1 {
            // SAFETY: the system call has just written there.
            let time = unsafe { &mut *time };
            let started = STARTED.load(Ordering::Relaxed);
            let passed = time.tv_sec * NANOSECONDS + time.tv_nsec - started;
            let shown = started + passed / factor;
            time.tv_sec = shown / NANOSECONDS;
            time.tv_nsec = shown % NANOSECONDS;
        }
        status as c_int
    }
}
