//! The message as it would be with one field more behind all others; the struct's name stays, as it stands in serde's texts.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{Type, types};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Stage {
    #[default]
    Training,
    FineTuning,
    Done,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Host {
    name: String,
    gpus: u8,
    #[serde(default)]
    load: Option<f64>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Epoch {
    number: u32,
    loss: f64,
}

fn three() -> u32 {
    3
}

fn rate() -> f64 {
    0.001
}

fn fine_tuning() -> Stage {
    Stage::FineTuning
}

macro_rules! extended {
    ($($name:literal $module:ident [$($container:meta)?] { $($(#[$attribute:meta])* $field:ident: $type:ty,)* })*) => {
        $(mod $module {
            #[allow(unused_imports)]
            use super::*;

            #[derive(Debug, Serialize, Deserialize)]
            $(#[$container])?
            pub struct CheckpointNotification {
                model_path: String,
                model_name: String,
                version: u64,
                saved_at: String,
                training_step: u64,
                #[serde(default)]
                metadata: HashMap<String, String>,
                $($(#[$attribute])* $field: $type,)*
            }
        })*
        pub const TYPES: &[Type] = types![$($name => $module::CheckpointNotification,)*];
    };
}

extended! {
    "ExtendedString" string [] { #[serde(default)] note: String, }
    "ExtendedU64" u64_ [] { #[serde(default)] samples: u64, }
    "ExtendedU8" u8_ [] { #[serde(default)] rank: u8, }
    "ExtendedU32" u32_ [] { #[serde(default = "three")] retries: u32, }
    "ExtendedI64" i64_ [] { #[serde(default)] offset: i64, }
    "ExtendedI16" i16_ [] { #[serde(default)] shift: i16, }
    "ExtendedF64" f64_ [] { #[serde(default = "rate")] learning_rate: f64, }
    "ExtendedBool" bool_ [] { #[serde(default)] promoted: bool, }
    "ExtendedEnum" enum_ [] { #[serde(default = "fine_tuning")] stage: Stage, }
    "ExtendedStruct" struct_ [] { #[serde(default)] host: Host, }
    "ExtendedVec" vec [] { #[serde(default)] tags: Vec<String>, }
    "ExtendedVecOfStructs" vec_of_structs [] { #[serde(default)] epochs: Vec<Epoch>, }
    "ExtendedMap" map [] { #[serde(default)] labels: HashMap<String, String>, }
    "ExtendedMapOfF64" map_of_f64 [] { #[serde(default)] losses: HashMap<String, f64>, }
    "ExtendedOption" option [] { #[serde(default)] loss: Option<f64>, }
    "ExtendedOptionPlain" option_plain [] { loss: Option<f64>, }
    "ExtendedOptionSkipped" option_skipped [] {
        #[serde(default, skip_serializing_if = "Option::is_none")] loss: Option<f64>,
    }
    "ExtendedOptionSkippedPlain" option_skipped_plain [] {
        #[serde(skip_serializing_if = "Option::is_none")] loss: Option<f64>,
    }
    "ExtendedOptionOfStructs" option_of_structs [] { #[serde(default)] history: Option<Vec<Epoch>>, }
    "ExtendedOptionOfEnum" option_of_enum [] { #[serde(default)] stage: Option<Stage>, }
    "ExtendedRequired" required [] { seed: u64, }
    "ExtendedRequiredF64" required_f64 [] { loss: f64, }
    "ExtendedClosed" closed [serde(deny_unknown_fields)] { #[serde(default)] loss: Option<f64>, }
    "ExtendedAll" all [] {
        #[serde(default)] loss: Option<f64>,
        #[serde(default)] promoted: bool,
        #[serde(default)] stage: Stage,
        #[serde(default)] tags: Vec<String>,
        #[serde(default)] rank: u8,
        #[serde(default)] offset: i64,
        #[serde(default)] host: Host,
        #[serde(default)] losses: HashMap<String, f64>,
        #[serde(default)] history: Option<Vec<Epoch>>,
    }
}

/// The fields of the message itself.
const OWN_FIELDS: usize = 6;

/// The index of the first field that a type does not share with the message.
pub fn first_added(name: &str) -> usize {
    if TYPES.iter().any(|found| found.name == name) {
        OWN_FIELDS
    } else {
        0
    }
}
