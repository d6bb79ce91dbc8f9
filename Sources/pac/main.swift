import CommandLineTool

ProcessSetup.completeEnvironment()
Program.main()
