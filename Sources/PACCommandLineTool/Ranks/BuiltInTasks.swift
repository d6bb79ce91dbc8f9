import PACSegmentation
import PACTraining
import PACUpsampling

extension TaskList {
  /// The tasks that `pac` knows.
  public static let builtIn = TaskList([
    TaskKind(UpsamplingTask.self),
    TaskKind(SegmentationTask.self),
  ])
}
