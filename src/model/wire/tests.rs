//! Requests and answers as real servers speak them.
