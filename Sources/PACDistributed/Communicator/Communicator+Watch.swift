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
    try watch(timeout: timeout, connectingAfter: .zero)
  }

  /// Like `watch(timeout:)`; this rank connects to rank 0 later than the others, so that tests can
  /// do something while rank 0 waits for it.
  package func watch(timeout: Duration, connectingAfter delay: Duration) throws -> [Int] {
    precondition(jobWatch == nil, "the ranks are already being watched")
    let ports = try openPorts()
    let secret = WatchSecret(try broadcast(isRankZero ? WatchSecret().bytes : []))
    let endpoints = try broadcast(ports.map(\.endpoint.text).joined(separator: "\n"))
      .split(separator: "\n").compactMap { WatchEndpoint($0) }
    let channel = WatchChannel(
      rank: rank, activity: activity, timeout: timeout, secret: secret,
      places: try allGather("host \(ProcessInfo.processInfo.hostName), process \(getpid())"))
    usleep(UInt32(delay / .microseconds(1)))
    let watch = JobWatch(
      channel, isRankZero ? .rankZero(ports: ports.map(\.descriptor)) : .other(endpoints))
    let watched = try allGather([watch.isWatched ? 1 : 0])
    // Nobody connects later, so for the rest of the job there is no port that others could find.
    watch.close()
    jobWatch = watch
    return watched.indices.filter { watched[$0] == [0] }
  }

  /// Opens the ports to which the other ranks connect; none on those ranks themselves.
  ///
  /// They are on the loopback device if all ranks run on one machine, else on the networks that the
  /// machines share.
  private func openPorts() throws -> [(descriptor: Int32, endpoint: WatchEndpoint)] {
    guard worldSize > 1 else { return [] }
    guard ranksOnNode.count < worldSize else {
      return isRankZero ? [WatchSocket.listen(at: .loopback)].compactMap(\.self) : []
    }
    let own = HostInterface.all()
    let all = try allGather(own.map(\.address.text).joined(separator: " ")).map {
      $0.split(separator: " ").compactMap { HostAddress($0) }
    }
    guard isRankZero else { return [] }
    let environment = ProcessInfo.processInfo.environment
    let network = WatchNetwork(
      included: environment["OMPI_MCA_btl_tcp_if_include"],
      excluded: environment["OMPI_MCA_btl_tcp_if_exclude"])
    let others = (0..<worldSize).filter { !ranksOnNode.contains($0) }.map { all[$0] }
    return network.addresses(own: own, others: others).compactMap(WatchSocket.listen)
  }
}
