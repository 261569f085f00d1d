{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/cf9d2fb3e50fa1cd5114c47505ea9177f7ff5f49";

  outputs = { nixpkgs, ... }: {
    nixosConfigurations = {
      "ingress-29fc3cfc6be8" = nixpkgs.lib.nixosSystem { modules = [ ./systems/ingress-29fc3cfc6be8/configuration.nix ]; };
      "server-976f19acf2da" = nixpkgs.lib.nixosSystem { modules = [ ./systems/server-976f19acf2da/configuration.nix ]; };
      "server-e24137596c2d" = nixpkgs.lib.nixosSystem { modules = [ ./systems/server-e24137596c2d/configuration.nix ]; };
      "worker-9bceb5cbc455" = nixpkgs.lib.nixosSystem { modules = [ ./systems/worker-9bceb5cbc455/configuration.nix ]; };
      "worker-9ff929175319" = nixpkgs.lib.nixosSystem { modules = [ ./systems/worker-9ff929175319/configuration.nix ]; };
    };
  };
}
