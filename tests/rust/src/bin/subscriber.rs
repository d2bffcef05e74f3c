//! A plain redis-rs subscriber, like upstream's forward service: prints its result for each message of the
//! channel.
//!
//! First `{"subscribed":"channel"}`, then a line for each message with the base64 `payload` and the protocol's
//! `value` or `error`. Ends at the end of stdin, and when the connection drops; exit status 1 with
//! `{"failure":"…"}` when it cannot subscribe.

use std::io::{Read, Write};
use std::process::ExitCode;

use base64::{Engine, engine::general_purpose::STANDARD};
use futures_util::StreamExt;
use jflow_core::{CheckpointNotifierConfig, checkpoint_channel};
use judge::protocol;
use judge::types::CHECKPOINT_NOTIFICATION;
use redis::{Msg, RedisResult, aio::PubSub};
use serde_json::{Value, json};
use tokio::sync::oneshot;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let config = CheckpointNotifierConfig::from_env();
    let channel = checkpoint_channel(&config.instance_id);
    match subscribe(&config.redis_url, &channel).await {
        Ok(pubsub) => {
            print(&json!({"subscribed": channel}));
            listen(pubsub).await;
            ExitCode::SUCCESS
        }
        Err(error) => {
            print(&json!({"failure": error.to_string()}));
            ExitCode::FAILURE
        }
    }
}

async fn subscribe(url: &str, channel: &str) -> RedisResult<PubSub> {
    let client = redis::Client::open(url)?;
    let mut pubsub = client.get_async_pubsub().await?;
    pubsub.subscribe(channel).await?;
    Ok(pubsub)
}

async fn listen(mut pubsub: PubSub) {
    let mut messages = pubsub.on_message();
    let mut stdin_ended = end_of_stdin();
    loop {
        tokio::select! {
            _ = &mut stdin_ended => return,
            message = messages.next() => match message {
                Some(message) => print(&report(&message)),
                None => return,
            },
        }
    }
}

/// A separate thread reads stdin, because a blocking read would keep the runtime from ending.
fn end_of_stdin() -> oneshot::Receiver<()> {
    let (ended, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        let mut stdin = std::io::stdin().lock();
        while matches!(stdin.read(&mut [0; 1024]), Ok(1..)) {}
        let _ = ended.send(());
    });
    receiver
}

/// The consumer asks redis-rs for a `String` first; for bytes that are not UTF-8, redis-rs returns an error.
fn report(message: &Msg) -> Value {
    let bytes = message.get_payload_bytes();
    let text = message.get_payload::<String>();
    let mut report = protocol::verdict(&CHECKPOINT_NOTIFICATION, bytes);
    let not_utf8 = report["error"]["category"] == "utf8";
    if text.is_err() != not_utf8 || text.is_ok_and(|text| text.as_bytes() != bytes) {
        return json!({"failure": "redis-rs and std::str::from_utf8 disagree", "payload": STANDARD.encode(bytes)});
    }
    report["payload"] = STANDARD.encode(bytes).into();
    report
}

/// Ends the process if the reader has closed stdout.
fn print(line: &Value) {
    let mut output = std::io::stdout().lock();
    if writeln!(output, "{line}").and_then(|()| output.flush()).is_err() {
        std::process::exit(0);
    }
}
