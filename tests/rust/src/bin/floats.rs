//! What serde_json makes of floats, in bulk: `floats read` and `floats write`, lines on stdin and stdout.
//!
//! `read` takes a number's text a line, and answers with the sixteen hexadecimal digits of the f64's bits, or `-` and the error.
//! `write` takes sixteen hexadecimal digits a line, and answers with the text that is written; `null` for NaN and infinities.
//! `again` takes the same, and answers with the bits that are read from the text that is written.

use std::io::{BufRead, BufReader, BufWriter, Write, stdin, stdout};
use std::process::ExitCode;

fn main() -> ExitCode {
    let answer = match std::env::args().nth(1).as_deref() {
        Some("read") => read,
        Some("write") => write,
        Some("again") => again,
        _ => {
            eprintln!("usage: floats read|write|again");
            return ExitCode::from(2);
        }
    };
    match each_line(answer) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("floats: {error}");
            ExitCode::FAILURE
        }
    }
}

const BUFFER: usize = 1 << 16;

fn each_line(answer: fn(&str) -> Result<String, String>) -> Result<(), String> {
    let mut input = BufReader::with_capacity(BUFFER, stdin().lock());
    let mut output = BufWriter::with_capacity(BUFFER, stdout().lock());
    let mut line = String::new();
    let failed = |error: std::io::Error| error.to_string();
    while input.read_line(&mut line).map_err(failed)? > 0 {
        let answer = answer(line.trim_end_matches('\n'))?;
        writeln!(output, "{answer}").map_err(failed)?;
        line.clear();
    }
    output.flush().map_err(failed)
}

fn read(text: &str) -> Result<String, String> {
    Ok(match serde_json::from_str::<f64>(text) {
        Ok(number) => format!("{:016x}", number.to_bits()),
        Err(error) => format!("-{error}"),
    })
}

fn write(bits: &str) -> Result<String, String> {
    match u64::from_str_radix(bits, 16) {
        Ok(parsed) if bits.len() == 16 => {
            serde_json::to_string(&f64::from_bits(parsed)).map_err(|error| error.to_string())
        }
        _ => Err(format!("not sixteen hexadecimal digits: {bits:?}")),
    }
}

fn again(bits: &str) -> Result<String, String> {
    read(&write(bits)?)
}
