//! The console over a real socket.

mod deciding;
mod desk;
mod signing_in;
mod talking;
