//! The judge: reports the answers of the real `jflow-core` crate about a payload, a value or a URL as JSON.
//!
//! Each verdict comes from the crate's own public functions. This library only passes requests to them and
//! returns their answers.

pub mod decode;
pub mod encode;
pub mod fixtures;
pub mod paths;
pub mod protocol;
pub mod redis_url;
pub mod value;
pub mod vectors;
