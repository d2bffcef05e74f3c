//! The README's Rust example, to the byte below this comment.
//! tests/repository/test_readme.py compares and runs it.

use jflow_core::{CheckpointNotification, CheckpointNotifier, CheckpointNotifierConfig};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let notifier = CheckpointNotifier::new(CheckpointNotifierConfig::from_env());
    let saved = CheckpointNotification::new("checkpoints/backward/latest_model.bin", "lstm_dqn_v1")
        .with_version(42)
        .with_training_step(125_000)
        .with_metadata("loss", "0.0023184729")
        .with_metadata("mean_q", "1.45217368");
    notifier.publish(&saved).await?;
    Ok(())
}
