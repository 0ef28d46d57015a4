//! Mail, against a real Dovecot and a real SMTP server that fails on request.

mod acting;
pub mod answering;
mod breaking;
mod care;
pub mod desk;
mod dying;
mod hostile;
mod owners;
pub mod post;
mod quiet;
mod setting_up;
mod signatures;
mod signing_in;
mod silence;
mod teaching;
mod torture;
