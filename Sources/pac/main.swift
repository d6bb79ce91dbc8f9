import CommandLineTool

PacCommand.main()
