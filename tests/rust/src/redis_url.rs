//! Parses a REDIS_URL with the same call as the crate's notifier: `redis::Client::open(url)`.

use std::path::Path;

use base64::{Engine, engine::general_purpose::STANDARD};
use redis::{ConnectionAddr, ConnectionInfo, ProtocolVersion};
use serde_json::{Value, json};

/// The protocol's answer: an object with the member `url`, or with `error`.
pub fn answer(url: &str) -> Result<Value, String> {
    match redis::Client::open(url) {
        Ok(client) => Ok(json!({"url": settings(client.get_connection_info())?})),
        Err(error) => Ok(json!({"error": {"text": error.to_string()}})),
    }
}

fn settings(info: &ConnectionInfo) -> Result<Value, String> {
    let redis = info.redis_settings();
    let protocol = match redis.protocol() {
        ProtocolVersion::RESP2 => 2,
        ProtocolVersion::RESP3 => 3,
        other => return Err(format!("unknown protocol version {other:?}")),
    };
    let mut settings = json!({
        "host": null,
        "port": null,
        "unix_path": null,
        "db": redis.db(),
        "username": redis.username(),
        "password": redis.password(),
        "protocol": protocol,
    });
    match info.addr() {
        ConnectionAddr::Tcp(host, port) => {
            settings["host"] = json!(host);
            settings["port"] = json!(port);
        }
        ConnectionAddr::Unix(path) => unix_path(&mut settings, path),
        other => return Err(format!("unknown kind of address {other}")),
    }
    Ok(settings)
}

/// A path that is not UTF-8 (`unix:///%ff`) cannot be a JSON string: then `unix_path_base64` holds its bytes,
/// `unix_path` is null.
fn unix_path(settings: &mut Value, path: &Path) {
    match path.to_str() {
        Some(text) => settings["unix_path"] = json!(text),
        None => settings["unix_path_base64"] = json!(STANDARD.encode(path.as_os_str().as_encoded_bytes())),
    }
}
