// A program like pac with one more task: the worked example of docs/extending.md.

import PACCommandLineTool
import PACTraining

ProcessSetup.completeEnvironment()
Program.main(tasks: TaskList(TaskList.builtIn.kinds + [TaskKind(DenoisingTask.self)]))
