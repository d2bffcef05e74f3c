//! Publishes each value that it reads with the crate's real `CheckpointNotifier`, configured by the real
//! `from_env`.
//!
//! One JSON line in (the protocol's value object), one out: `{"ok":true}`, `{"error":"…"}` with the text of the
//! crate's error, or `{"failure":"…"}` for a line that holds no value. With JUDGE_LOG=1 the crate's log goes to
//! stderr as JSON lines. With JUDGE_SLOW_CLOCK=60 the crate's fixed time limits last 60 times as long.

mod slow_clock;

use std::io::{BufRead, Write};

use jflow_core::{CheckpointNotifier, CheckpointNotifierConfig};
use judge::value;
use serde_json::{Value, json};
use tracing_subscriber::filter::LevelFilter;

// More than one worker, as in upstream's service: another task closes a connection while this one waits for
// stdin.
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> std::io::Result<()> {
    slow_clock::start();
    start_log();
    let notifier = CheckpointNotifier::new(CheckpointNotifierConfig::from_env());
    let mut output = std::io::stdout();
    for line in std::io::stdin().lock().lines() {
        writeln!(output, "{}", publish(&notifier, &line?).await)?;
        output.flush()?;
    }
    Ok(())
}

fn start_log() {
    if std::env::var("JUDGE_LOG").as_deref() == Ok("1") {
        tracing_subscriber::fmt()
            .json()
            .with_max_level(LevelFilter::DEBUG)
            .with_writer(std::io::stderr)
            .init();
    }
}

async fn publish(notifier: &CheckpointNotifier, line: &str) -> Value {
    let notification = match serde_json::from_str(line) {
        Ok(value) => value::from_value(&value),
        Err(error) => Err(error.to_string()),
    };
    let notification = match notification {
        Ok(notification) => notification,
        Err(what) => return json!({"failure": what}),
    };
    match notifier.publish(&notification).await {
        Ok(()) => json!({"ok": true}),
        Err(error) => json!({"error": error.to_string()}),
    }
}
