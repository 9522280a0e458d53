//! Screenshots that codes are measured on: a folder of PNG files, and their pixels in groups of rows as a session sends
//! them.

pub mod corpus;
pub mod image;
