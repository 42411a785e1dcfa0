"""What other pages embed: the widget, the badge, feeds and oEmbed."""
