//! Mail, against a real Dovecot and a real SMTP server that fails on request.

mod answering;
mod breaking;
mod care;
mod desk;
mod dying;
mod hostile;
mod owners;
mod post;
mod quiet;
mod setting_up;
mod signatures;
mod signing_in;
mod silence;
mod teaching;
mod torture;
