"""What was said: transcripts of meetings and chats, and subtitles."""
