import PACSegmentation
import PACTraining
import PACUpsampling

extension TaskList {
  /// The tasks that are built into `pac`; a new task is one more line here.
  public static let builtIn = TaskList([
    TaskKind(UpsamplingTask.self),
    TaskKind(SegmentationTask.self),
  ])
}
