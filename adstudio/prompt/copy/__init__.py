"""Korean ad copy: what it may say, how long, and the lines it is made of."""
