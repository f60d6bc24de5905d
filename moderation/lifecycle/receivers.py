"""What follows when a machine has decided: the shadow candidate scores, and the audit sample is drawn."""
