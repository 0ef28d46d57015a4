//! The console over a real socket.

mod deciding;
mod desk;
mod mail;
mod my_data;
mod signing_in;
mod talking;
