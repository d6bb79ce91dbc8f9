import Foundation

extension Communicator {
  /// Starts to watch that every rank is alive and makes progress, and ends the job if one does not.
  ///
  /// In that case one line names the rank, its step and its phase, and the job's exit status is
  /// `ExitStatus.lost`. A separate thread does this without MPI. Every rank calls it once.
  /// - Parameter timeout: how long a rank may send no heartbeat, or stay in a phase in which it
  ///   does not wait for others.
  /// - Returns: the ranks that cannot reach rank 0 by TCP, and so are not watched.
  /// - Throws: `DistributedError` if MPI reports an error.
  public func watch(timeout: Duration) throws -> [Int] {
    precondition(jobWatch == nil, "the ranks are already being watched")
    let port = isRankZero && worldSize > 1 ? WatchSocket.listen() : nil
    let address = WatchAddress(
      try broadcast(isRankZero ? WatchAddress(listeningAt: port?.number).text : ""))
    let channel = WatchChannel(
      rank: rank, activity: activity, timeout: timeout, token: address.token,
      places: try allGather("host \(ProcessInfo.processInfo.hostName), process \(getpid())"))
    // Ranks on the machine of rank 0 need no network.
    let near = ranksOnNode.contains(0) ? ["127.0.0.1"] : []
    let watch = JobWatch(
      channel,
      isRankZero
        ? .rankZero(port: port?.descriptor)
        : .other(addresses: near + address.addresses, port: address.port))
    let watched = try allGather([watch.isWatched ? 1 : 0])
    jobWatch = watch
    return watched.indices.filter { watched[$0] == [0] }
  }
}
