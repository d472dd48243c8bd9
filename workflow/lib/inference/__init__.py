"""From models and data to posterior draws: compile once, refit, plug-in and cut inference, archives."""
