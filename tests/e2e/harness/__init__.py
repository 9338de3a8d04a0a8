"""What the end-to-end tests are made of: daemons, apps that misbehave on order, raw clients."""
