//! Answers the peer protocol (see `judge::protocol`) on stdin and stdout, until `stop` or the end of stdin.

use std::io::{BufRead, Write};
use std::process::ExitCode;

use judge::protocol::{Reply, answer, failure};
use serde_json::Value;

fn main() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("peer: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> std::io::Result<()> {
    let mut input = std::io::stdin().lock();
    let mut output = std::io::stdout().lock();
    loop {
        let mut line = Vec::new();
        if input.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let Reply { response, stop } = guarded(&line);
        let mut text = response.to_string();
        text.push('\n');
        output.write_all(text.as_bytes())?;
        output.flush()?;
        if stop {
            return Ok(());
        }
    }
}

/// A panic inside a dependency is a failure of one request, not a verdict; the peer continues.
fn guarded(line: &[u8]) -> Reply {
    std::panic::catch_unwind(|| answer(line)).unwrap_or_else(|_| failure(Value::Null, "panicked, see stderr"))
}
