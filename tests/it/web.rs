//! The console over a real socket.

mod accounts;
mod admin;
mod deciding;
pub mod desk;
mod mail;
mod my_data;
mod roles;
mod signing_in;
mod speed;
mod talking;
