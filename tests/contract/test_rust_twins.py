"""The nine tests of the Rust module, in Python: each has the name of its twin in `checkpoint_notify::tests`."""

from __future__ import annotations

from checkpoint_notify import CheckpointNotification, CheckpointNotifier, CheckpointNotifierConfig, checkpoint_channel


# Rust: checkpoint_notify::tests::test_checkpoint_channel_format
def test_checkpoint_channel_format() -> None:
    """A channel is named after its instance."""
    assert "fks:prod:model_checkpoints" == checkpoint_channel("prod")
    assert "fks:default:model_checkpoints" == checkpoint_channel("default")


# Rust: checkpoint_notify::tests::test_notification_new
def test_notification_new() -> None:
    """`new` sets what it is given, and the defaults."""
    n = CheckpointNotification.new("checkpoints/backward/latest_model.bin", "lstm_dqn_v1")
    assert "checkpoints/backward/latest_model.bin" == n.model_path
    assert "lstm_dqn_v1" == n.model_name
    assert 0 == n.version
    assert 0 == n.training_step
    assert {} == n.metadata
    assert "" != n.saved_at


# Rust: checkpoint_notify::tests::test_notification_builder
def test_notification_builder() -> None:
    """The builders can be chained."""
    n = (
        CheckpointNotification.new("model.bin", "test")
        .with_version(42)
        .with_training_step(1000)
        .with_metadata("loss", "0.0023")
        .with_metadata("mean_q", "1.45")
    )
    assert 42 == n.version
    assert 1000 == n.training_step
    assert "0.0023" == n.metadata["loss"]
    assert "1.45" == n.metadata["mean_q"]


# Rust: checkpoint_notify::tests::test_notification_serde_round_trip
def test_notification_serde_round_trip() -> None:
    """What is written is read again, field by field."""
    original = (
        CheckpointNotification.new("path/to/model.bin", "lstm_v2")
        .with_version(7)
        .with_training_step(5000)
        .with_metadata("lr", "3e-4")
    )
    parsed = CheckpointNotification.from_json(original.to_json())
    assert original.model_path == parsed.model_path
    assert original.model_name == parsed.model_name
    assert 7 == parsed.version
    assert 5000 == parsed.training_step
    assert original.saved_at == parsed.saved_at
    assert "3e-4" == parsed.metadata["lr"]


# Rust: checkpoint_notify::tests::test_notification_json_contains_expected_fields
def test_notification_json_contains_expected_fields() -> None:
    """The JSON names its fields and holds their values."""
    text = CheckpointNotification.new("model.bin", "test_model").with_version(1).to_json()
    for part in ("model_path", "model_name", "version", "saved_at", "training_step", "model.bin", "test_model"):
        assert part in text


# Rust: checkpoint_notify::tests::test_notifier_config_default
def test_notifier_config_default() -> None:
    """A configuration without arguments has Rust's defaults."""
    config = CheckpointNotifierConfig()
    assert "redis://localhost:6379" == config.redis_url
    assert "default" == config.instance_id
    assert config.enabled is True


# Rust: checkpoint_notify::tests::test_notifier_channel
def test_notifier_channel() -> None:
    """The default notifier publishes to the default channel."""
    notifier = CheckpointNotifier(CheckpointNotifierConfig())
    assert "fks:default:model_checkpoints" == notifier.channel


# Rust: checkpoint_notify::tests::test_notifier_custom_instance
def test_notifier_custom_instance() -> None:
    """A notifier publishes to the channel of its instance."""
    notifier = CheckpointNotifier(CheckpointNotifierConfig(instance_id="staging"))
    assert "fks:staging:model_checkpoints" == notifier.channel


# Rust: checkpoint_notify::tests::test_notification_deserialize_with_missing_metadata
def test_notification_deserialize_with_missing_metadata() -> None:
    """A payload without `metadata` has none."""
    parsed = CheckpointNotification.from_json("""{
        "model_path": "model.bin",
        "model_name": "test",
        "version": 1,
        "saved_at": "2025-01-01T00:00:00Z",
        "training_step": 100
    }""")
    assert "model.bin" == parsed.model_path
    assert {} == parsed.metadata
