import PACCommandLineTool

ProcessSetup.completeEnvironment()
Program.main()
