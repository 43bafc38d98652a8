"""The room of inspection."""
