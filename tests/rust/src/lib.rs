//! The judge: reports the answers of the real `jflow-core` crate, and of serde_json, about a payload, a value or a URL as
//! JSON.
//!
//! Each verdict comes from the crate's own public functions, or from those of serde_json. This library only passes
//! requests to them and returns their answers.

pub mod cases;
pub mod decode;
pub mod encode;
pub mod fixtures;
pub mod kind_vectors;
pub mod pair_facts;
pub mod paths;
pub mod protocol;
pub mod redis_url;
pub mod schema;
pub mod types;
pub mod value;
pub mod vectors;
