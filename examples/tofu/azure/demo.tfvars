# What `make demo` makes in the simulated cloud. Nobody has the private half of this key.
user = { ssh_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPbslNyVHBhh76ku1c/Zx/hfDZ1FcN4GBZnNcaGTCT7k demo" }

gpu_count = 1
