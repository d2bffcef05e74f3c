//! The judge: what the real `jflow-core` crate says of a payload, a value or a URL, in a form that other
//! languages can read.
//!
//! Nothing here decides anything about the message. Each verdict comes from the crate's own public functions;
//! this library only carries questions to them and answers back.

pub mod decode;
pub mod encode;
pub mod fixtures;
pub mod paths;
pub mod protocol;
pub mod redis_url;
pub mod value;
pub mod vectors;
