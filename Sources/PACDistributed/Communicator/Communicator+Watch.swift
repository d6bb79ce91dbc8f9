import Foundation

extension Communicator {
  /// Watches from now on that every rank lives and gets on, and ends the job where one does not.
  ///
  /// Then one line names the rank with the step and the phase it was in, and the job's exit status
  /// is `ExitStatus.lost`. A thread of its own does it, without MPI. Every rank calls it, once.
  /// - Parameter timeout: how long a rank may send no heartbeat, or stay in one phase without
  ///   waiting for others.
  /// - Returns: ranks that cannot reach rank 0 by TCP, and so are not watched.
  /// - Throws: `DistributedError` if MPI reports an error.
  public func watch(timeout: Duration) throws -> [Int] {
    precondition(jobWatch == nil, "the ranks are watched already")
    let port = isRankZero && worldSize > 1 ? WatchSocket.listen() : nil
    let address = WatchAddress(
      try broadcast(isRankZero ? WatchAddress(listeningAt: port?.number).text : ""))
    let channel = WatchChannel(
      rank: rank, activity: activity, timeout: timeout, token: address.token,
      places: try allGather("host \(ProcessInfo.processInfo.hostName), process \(getpid())"))
    // Ranks of the machine of rank 0 need no network.
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
