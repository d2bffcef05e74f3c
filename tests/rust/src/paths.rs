//! Where the judge's inputs and outputs lie, from the place of its own manifest.

use std::path::PathBuf;

/// The written source of the golden vectors.
pub fn vectors() -> PathBuf {
    manifest_folder().join("vectors/checkpoint_notification.toml")
}

/// The folder of the golden fixtures.
pub fn fixtures() -> PathBuf {
    manifest_folder().join("../../fixtures/checkpoint_notification")
}

/// The schema that the other language generates its type from.
pub fn schema() -> PathBuf {
    manifest_folder().join("../../schema/checkpoint_notification.schema.json")
}

/// What `cargo run` and `cargo test` say now comes before what was true when this was compiled: cargo does not compile anew
/// when a build folder is moved or restored elsewhere, and the judge would read another copy's files.
pub fn manifest_folder() -> PathBuf {
    let now = std::env::var_os("CARGO_MANIFEST_DIR");
    now.map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from)
}
