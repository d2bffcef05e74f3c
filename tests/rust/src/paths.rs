//! The paths of the judge's inputs and outputs, relative to its own manifest.

use std::path::PathBuf;

/// The written source of the golden vectors.
pub fn vectors() -> PathBuf {
    manifest_folder().join("vectors/checkpoint_notification.toml")
}

/// The folder of the golden fixtures.
pub fn fixtures() -> PathBuf {
    manifest_folder().join("../../fixtures/checkpoint_notification")
}

/// The schema from which the Python class is generated.
pub fn schema() -> PathBuf {
    manifest_folder().join("../../schema/checkpoint_notification.schema.json")
}

/// The schemas of the other types, and the vectors made from them.
pub fn kinds() -> PathBuf {
    manifest_folder().join("../kinds")
}

/// Prefers the path that `cargo run` or `cargo test` sets at run time to the path at compile time. Cargo does not
/// recompile a build folder that was moved, and then the compiled path would point at another copy's files.
pub fn manifest_folder() -> PathBuf {
    let now = std::env::var_os("CARGO_MANIFEST_DIR");
    now.map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from)
}
