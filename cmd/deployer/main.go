// Command deployer runs the actions of a deployment tree written in Starlark.
package main

import "deployer"

func main() { deployer.MainScript() }
