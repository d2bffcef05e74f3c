//! The crate's output with sorted metadata, which can be compared byte for byte.

use std::collections::HashMap;

use jflow_core::checkpoint_notify::CheckpointNotification;

/// The limit of entries for the search below, which needs n! tries on average.
pub const MOST_METADATA_ENTRIES: usize = 5;

const MOST_TRIES: usize = 100_000;

/// Returns the output of `to_json` whose metadata is in the order of the keys. Each new `HashMap` has its own
/// random hasher, so this makes new maps until one iterates in that order. The bytes are the crate's own output;
/// nothing is sorted afterwards.
pub fn sorted_json(notification: &CheckpointNotification) -> Result<String, String> {
    let entries = notification.metadata.len();
    if entries > MOST_METADATA_ENTRIES {
        return Err(format!("{entries} metadata entries; at most {MOST_METADATA_ENTRIES}"));
    }
    let sorted = CheckpointNotification {
        metadata: sorted_map(&notification.metadata)?,
        ..notification.clone()
    };
    sorted.to_json().map_err(|error| error.to_string())
}

fn sorted_map(metadata: &HashMap<String, String>) -> Result<HashMap<String, String>, String> {
    for _ in 0..MOST_TRIES {
        let mut map = HashMap::new();
        map.extend(metadata.iter().map(|(k, v)| (k.clone(), v.clone())));
        if map.keys().is_sorted() {
            return Ok(map);
        }
    }
    Err(format!("no map in sorted order came up in {MOST_TRIES} tries"))
}
