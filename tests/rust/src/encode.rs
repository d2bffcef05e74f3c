//! The one of the crate's own outputs that can be compared byte for byte.

use std::collections::HashMap;

use jflow_core::checkpoint_notify::CheckpointNotification;

/// Above this the search below would take too long: it needs n! tries on average.
pub const MOST_METADATA_ENTRIES: usize = 5;

const MOST_TRIES: usize = 100_000;

/// What `to_json` writes when its `HashMap` happens to iterate in the order of the keys. Each new map has a
/// hasher of its own, so the map is made again until it does: the crate wrote these bytes, nothing was sorted
/// afterwards.
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
