"""Easy tasks first ([001] 3.4): each is trained alone and ranked by its AUC."""
