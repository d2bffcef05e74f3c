//! Times the real `from_json` and `to_json` on request for `make bench`, which runs them in turn with other decoders.
//!
//! A request is a line `decode COUNT PAYLOAD` or `encode COUNT PAYLOAD`, the payload in base64; the answer is a line with the
//! nanoseconds that COUNT calls took together.

use std::hint::black_box;
use std::io::{BufRead, Write};
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jflow_core::checkpoint_notify::CheckpointNotification;

fn main() {
    let mut stdout = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("stdin is readable");
        let nanoseconds = measure(&line).expect("a request is `decode|encode COUNT PAYLOAD`");
        writeln!(stdout, "{nanoseconds}").expect("stdout is open");
        stdout.flush().expect("stdout is open");
    }
}

fn measure(line: &str) -> Option<u128> {
    let mut words = line.split(' ');
    let (operation, count, payload) = (words.next()?, words.next()?.parse().ok()?, words.next()?);
    let bytes = STANDARD.decode(payload).ok()?;
    match operation {
        "decode" => Some(time(count, || decode(black_box(&bytes)))),
        "encode" => {
            let notification = decode(&bytes).ok()?;
            Some(time(count, || black_box(&notification).to_json()))
        }
        _ => None,
    }
}

/// Decodes as a subscriber does: it converts the payload to a `String`, which must be UTF-8, and then decodes it.
fn decode(bytes: &[u8]) -> Result<CheckpointNotification, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    CheckpointNotification::from_json(text).map_err(|error| error.to_string())
}

fn time<T>(count: u64, mut run: impl FnMut() -> T) -> u128 {
    let start = Instant::now();
    for _ in 0..count {
        black_box(run());
    }
    start.elapsed().as_nanos()
}
