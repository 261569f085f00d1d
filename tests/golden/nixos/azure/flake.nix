{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/cf9d2fb3e50fa1cd5114c47505ea9177f7ff5f49";

  outputs = { nixpkgs, ... }: {
    nixosConfigurations = {
      "ingress-76acd6f690a1" = nixpkgs.lib.nixosSystem { modules = [ ./systems/ingress-76acd6f690a1/configuration.nix ]; };
      "server-a7236e9fafba" = nixpkgs.lib.nixosSystem { modules = [ ./systems/server-a7236e9fafba/configuration.nix ]; };
      "server-d17db48500e6" = nixpkgs.lib.nixosSystem { modules = [ ./systems/server-d17db48500e6/configuration.nix ]; };
      "worker-3adaa1e36249" = nixpkgs.lib.nixosSystem { modules = [ ./systems/worker-3adaa1e36249/configuration.nix ]; };
      "worker-e93a6ce0e224" = nixpkgs.lib.nixosSystem { modules = [ ./systems/worker-e93a6ce0e224/configuration.nix ]; };
    };
  };
}
