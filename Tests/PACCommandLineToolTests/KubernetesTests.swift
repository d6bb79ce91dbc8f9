import Foundation
import PACTestSupport
import Testing
import Yams

/// The container recipe and the MPIJob, checked for what a cluster would reject, without one.
@Suite struct KubernetesTests {
  private static let folder = packageRoot.appendingPathComponent("Launch/kubernetes")

  private func text(_ name: String) throws -> String {
    try String(contentsOf: Self.folder.appendingPathComponent(name), encoding: .utf8)
  }

  private func job() throws -> Node {
    try #require(try Yams.compose(yaml: try text("mpijob.yaml")))
  }

  private func policy() throws -> Node {
    try #require(try Yams.compose(yaml: try text("network.yaml")))
  }

  /// The pods of the launcher and of a worker.
  private func pods() throws -> [Node] {
    let replicas = try job()["spec"]?["mpiReplicaSpecs"]
    return try ["Launcher", "Worker"].map { try #require(replicas?[$0]?["template"]) }
  }

  /// The keys that the API knows at each place, `*` being any key or list item.
  ///
  /// From the types MPIJob of kubeflow.org/v2beta1 and PodSpec of Kubernetes' core/v1, as far as
  /// the file uses them.
  private static let known: [String: Set<String>] = [
    "": ["apiVersion", "kind", "metadata", "spec"],
    "metadata": ["name", "namespace", "labels", "annotations"],
    "spec": [
      "slotsPerWorker", "runLauncherAsWorker", "runPolicy", "mpiReplicaSpecs", "sshAuthMountPath",
      "launcherCreationPolicy", "mpiImplementation",
    ],
    "spec.runPolicy": [
      "cleanPodPolicy", "ttlSecondsAfterFinished", "activeDeadlineSeconds", "backoffLimit",
      "schedulingPolicy", "suspend", "managedBy",
    ],
    "spec.mpiReplicaSpecs": ["Launcher", "Worker"],
    "spec.mpiReplicaSpecs.*": ["replicas", "restartPolicy", "template"],
    "spec.mpiReplicaSpecs.*.template": ["metadata", "spec"],
    "spec.mpiReplicaSpecs.*.template.metadata": ["labels", "annotations"],
    "spec.mpiReplicaSpecs.*.template.metadata.labels": ["app.kubernetes.io/instance"],
    "pod": [
      "containers", "volumes", "securityContext", "terminationGracePeriodSeconds", "nodeSelector",
      "tolerations", "affinity", "imagePullSecrets", "automountServiceAccountToken",
    ],
    "pod.securityContext": [
      "runAsUser", "runAsGroup", "runAsNonRoot", "fsGroup", "seccompProfile",
    ],
    "pod.securityContext.seccompProfile": ["type"],
    "pod.containers.*": [
      "name", "image", "imagePullPolicy", "command", "args", "workingDir", "env", "resources",
      "volumeMounts", "readinessProbe", "securityContext",
    ],
    "pod.containers.*.securityContext": [
      "allowPrivilegeEscalation", "capabilities", "readOnlyRootFilesystem",
    ],
    "pod.containers.*.securityContext.capabilities": ["drop", "add"],
    "pod.containers.*.resources": ["requests", "limits"],
    "pod.containers.*.resources.requests": ["cpu", "memory"],
    "pod.containers.*.resources.limits": ["cpu", "memory"],
    "pod.containers.*.volumeMounts.*": ["name", "mountPath", "readOnly", "subPath"],
    "pod.containers.*.readinessProbe": ["tcpSocket", "initialDelaySeconds", "periodSeconds"],
    "pod.containers.*.readinessProbe.tcpSocket": ["port"],
    "pod.volumes.*": ["name", "persistentVolumeClaim", "emptyDir"],
    "pod.volumes.*.persistentVolumeClaim": ["claimName"],
    "pod.volumes.*.emptyDir": ["medium", "sizeLimit"],
  ]

  /// The same for a NetworkPolicy of networking.k8s.io/v1.
  private static let knownOfPolicies: [String: Set<String>] = [
    "": ["apiVersion", "kind", "metadata", "spec"],
    "metadata": ["name", "namespace", "labels", "annotations"],
    "spec": ["podSelector", "policyTypes", "ingress", "egress"],
    "spec.podSelector": ["matchLabels"],
    "spec.podSelector.matchLabels": ["app.kubernetes.io/instance"],
    "spec.ingress.*": ["from", "ports"],
    "spec.ingress.*.from.*": ["podSelector", "namespaceSelector"],
    "spec.ingress.*.from.*.podSelector": ["matchLabels"],
    "spec.ingress.*.from.*.podSelector.matchLabels": ["app.kubernetes.io/instance"],
    "spec.egress.*": ["to", "ports"],
    "spec.egress.*.to.*": ["podSelector", "namespaceSelector"],
    "spec.egress.*.to.*.podSelector": ["matchLabels"],
    "spec.egress.*.to.*.podSelector.matchLabels": ["app.kubernetes.io/instance"],
    "spec.egress.*.to.*.namespaceSelector": ["matchLabels"],
    "spec.egress.*.to.*.namespaceSelector.matchLabels": ["kubernetes.io/metadata.name"],
    "spec.egress.*.ports.*": ["protocol", "port"],
  ]

  /// Every key of `node` that the API does not know at its place.
  private func unknownKeys(
    _ node: Node, at path: String = "", known: [String: Set<String>] = Self.known
  ) -> [String] {
    let place = path.replacing("spec.mpiReplicaSpecs.*.template.spec", with: "pod")
    switch node {
    case .mapping(let mapping):
      return mapping.flatMap { key, value -> [String] in
        let name = key.string ?? ""
        let any = place == "spec.mpiReplicaSpecs"
        let below = [path, any ? "*" : name].filter { !$0.isEmpty }.joined(separator: ".")
        let isKnown = known[place]?.contains(name) ?? false
        return (isKnown ? [] : ["\(place).\(name)"]) + unknownKeys(value, at: below, known: known)
      }
    case .sequence(let items):
      return items.flatMap { unknownKeys($0, at: path + ".*", known: known) }
    default: return []
    }
  }

  @Test func everyKeyIsOneOfTheAPI() throws {
    let job = try job()
    #expect(unknownKeys(job) == [])
    #expect(job["apiVersion"]?.string == "kubeflow.org/v2beta1")
    #expect(job["kind"]?.string == "MPIJob")
    #expect(job["spec"]?["mpiImplementation"]?.string == "OpenMPI")
    let policy = try #require(job["spec"]?["runPolicy"]?["cleanPodPolicy"]?.string)
    #expect(["All", "Running", "None"].contains(policy))
  }

  @Test func theSearchForUnknownKeysFindsThem() throws {
    let wrong = "spec: {slots: 1, mpiReplicaSpecs: {Worker: {template: {spec: {container: []}}}}}"
    let node = try #require(try Yams.compose(yaml: wrong))
    #expect(unknownKeys(node) == ["spec.slots", "pod.container"])
  }

  @Test func launcherAndWorkersFitTogether() throws {
    let spec = try #require(try job()["spec"])
    let launcher = try #require(spec["mpiReplicaSpecs"]?["Launcher"])
    let worker = try #require(spec["mpiReplicaSpecs"]?["Worker"])
    for replica in [launcher, worker] {
      let pod = try #require(replica["template"]?["spec"])
      #expect(["Never", "OnFailure"].contains(replica["restartPolicy"]?.string ?? "absent"))
      let volumes = Set(pod["volumes"]?.array().compactMap { $0["name"]?.string } ?? [])
      for container in pod["containers"]?.array() ?? [] {
        let mounts = container["volumeMounts"]?.array().compactMap { $0["name"]?.string } ?? []
        #expect(!mounts.isEmpty && volumes.isSuperset(of: mounts))
      }
    }
    #expect(launcher["replicas"]?.int == 1)
    let arguments = strings(try #require(container(launcher)["args"]))
    let ranks = try #require(arguments.firstIndex(of: "-n").map { arguments[$0 + 1] })
    let workers = try #require(worker["replicas"]?.int)
    #expect(Int(ranks) == workers * (spec["slotsPerWorker"]?.int ?? 1))
    // Where the operator puts it.
    #expect(arguments.contains("/etc/mpi/hostfile"))
    // Programs and files of the image.
    let workerCommand = strings(try #require(container(worker)["command"]))
    for path in [
      strings(try #require(container(launcher)["command"]))[0],
      try #require(workerCommand.last),
    ] {
      #expect(path.hasPrefix("/opt/pac/"))
      let file = packageRoot.appendingPathComponent(String(path.dropFirst("/opt/pac/".count)))
      #expect(FileManager.default.fileExists(atPath: file.path), "\(path)")
    }
  }

  @Test func keysAndPortsAreTheSameEverywhere() throws {
    let spec = try #require(try job()["spec"])
    let mount = try #require(spec["sshAuthMountPath"]?.string)
    let worker = try container(try #require(spec["mpiReplicaSpecs"]?["Worker"]))
    let port = try #require(worker["readinessProbe"]?["tcpSocket"]?["port"]?.int)
    #expect(try text("sshd_config").contains("\nPort \(port)\n"))
    #expect(try text("sshd_config").contains("\nHostKey \(mount)/id_rsa\n"))
    #expect(try text("ssh_config").contains("  Port \(port)\n"))
    #expect(try text("Containerfile").contains("--create-home --password '*' pac"))
    #expect(mount == "/home/pac/.ssh")
  }

  /// What a pod must not be able to do, even if its program is taken over.
  @Test func podsHaveNoMoreRightsThanTheyNeed() throws {
    for pod in try pods().map({ try #require($0["spec"]) }) {
      #expect(pod["automountServiceAccountToken"]?.bool == false)
      let context = try #require(pod["securityContext"])
      #expect(context["runAsNonRoot"]?.bool == true && context["runAsUser"]?.int == 1000)
      #expect(context["seccompProfile"]?["type"]?.string == "RuntimeDefault")
      for container in pod["containers"]?.array() ?? [] {
        let context = try #require(container["securityContext"])
        #expect(context["allowPrivilegeEscalation"]?.bool == false)
        #expect(context["readOnlyRootFilesystem"]?.bool == true)
        #expect(strings(try #require(context["capabilities"]?["drop"])) == ["ALL"])
        #expect(context["capabilities"]?["add"] == nil)
        // By digest, since a tag may be given to another image later.
        let image = try #require(container["image"]?.string)
        #expect(image.wholeMatch(of: /[a-z.\/]+@sha256:[0-9a-f]{64}/) != nil, "\(image)")
        // What is written although the image is read-only.
        let mounts = container["volumeMounts"]?.array().compactMap { $0["mountPath"]?.string } ?? []
        #expect(Set(mounts).isSuperset(of: ["/data", "/tmp"]))
      }
    }
  }

  /// Pods of the job, and the cluster's name service; the selectors choose the job's own pods.
  @Test func onlyPodsOfTheJobReachEachOther() throws {
    let policy = try policy()
    #expect(unknownKeys(policy, known: Self.knownOfPolicies) == [])
    #expect(policy["apiVersion"]?.string == "networking.k8s.io/v1")
    #expect(policy["kind"]?.string == "NetworkPolicy")
    let spec = try #require(policy["spec"])
    #expect(strings(try #require(spec["policyTypes"])) == ["Ingress", "Egress"])
    let label = "app.kubernetes.io/instance"
    let name = try #require(spec["podSelector"]?["matchLabels"]?[label]?.string)
    for pod in try pods() { #expect(pod["metadata"]?["labels"]?[label]?.string == name) }
    let own = { (peer: Node) in peer["podSelector"]?["matchLabels"]?[label]?.string == name }
    let sources = spec["ingress"]?.array().flatMap { $0["from"]?.array() ?? [] } ?? []
    #expect(sources.count == 1 && sources.allSatisfy(own))
    let targets = try #require(spec["egress"]?.array())
    #expect(targets.count == 2)
    #expect(targets[0]["to"]?.array().allSatisfy(own) ?? false)
    #expect(targets[1]["ports"]?.array().map { $0["port"]?.int } == [53, 53])
  }

  /// The launcher knows the workers by the public half of the key that they have, and only so.
  @Test func hostKeysAreChecked() throws {
    let settings = try text("ssh_config")
    let mount = try #require(try job()["spec"]?["sshAuthMountPath"]?.string)
    for line in [
      "StrictHostKeyChecking yes", "UserKnownHostsFile none", "GlobalKnownHostsFile none",
      "KnownHostsCommand /bin/sed \"s/^/* /\" \(mount)/id_rsa.pub",
    ] { #expect(settings.contains("\n  \(line)\n"), "\(line)") }
    #expect(try text("sshd_config").contains("\nHostKey \(mount)/id_rsa\n"))
  }

  /// A connection to a worker with the job's key, and to one with another key, by the real programs.
  @Test(.enabled(if: hasSSH, "no ssh or sshd")) func aWorkerWithAnotherKeyIsRefused() throws {
    let folder = try TemporaryFolder()
    let port = 20_000 + Int.random(in: 0..<20_000)
    let configured = { (name: String) in
      try text(name).replacing("/home/pac/.ssh", with: folder.path)
        .replacing("AuthorizedKeysFile .ssh", with: "AuthorizedKeysFile \(folder.path)")
    }
    let server = try configured("sshd_config")
      .replacing("Port 2222", with: "ListenAddress 127.0.0.1:\(port)")
    try Data(server.utf8).write(to: URL(fileURLWithPath: folder("good")))
    try Data(
      server.replacing("\(port)", with: "\(port + 1)").replacing("/id_rsa\n", with: "/other\n").utf8
    ).write(to: URL(fileURLWithPath: folder("bad")))
    let client = try configured("ssh_config").replacing("  Port 2222\n", with: "")
    try Data(client.utf8).write(to: URL(fileURLWithPath: folder("client")))
    for name in ["id_rsa", "other"] {
      let made = try run(
        "ssh-keygen",
        ["-q", "-t", "ecdsa", "-b", "521", "-m", "PEM", "-N", "", "-f", folder(name)],
        timeout: 20)
      #expect(made.status == 0, "\(made)")
    }
    try FileManager.default.copyItem(
      atPath: folder("id_rsa.pub"), toPath: folder("authorized_keys"))
    let servers = try ["good", "bad"].map {
      try RunningCommand("sh", ["-c", Self.startSSH, folder($0)], timeout: 60)
    }
    defer { for server in servers { server.signal(SIGTERM) } }
    let connect = { (port: Int) in
      try run(
        "ssh",
        ["-F", folder("client"), "-i", folder("id_rsa"), "-p", "\(port)", "-o", "BatchMode=yes"]
          + ["-o", "ConnectionAttempts=20", "127.0.0.1", "echo reached"], timeout: 30)
    }
    #expect(try connect(port).output == "reached\n")
    let refused = try connect(port + 1)
    #expect(refused.status == 255 && refused.output == "")
    #expect(refused.errors.contains("Host key verification failed."), "\(refused)")
  }

  /// As root sshd insists on a folder that only an installed service makes.
  private static let startSSH = """
    start='exec /usr/sbin/sshd -D -e -f "$0"'
    [ "$(id -u)" != 0 ] ||
      exec unshare --mount sh -c "mount -t tmpfs tmpfs /run && mkdir /run/sshd && $start" "$0"
    eval "$start"
    """

  static let hasSSH =
    (try? run(
      "sh",
      [
        "-c",
        """
        command -v ssh ssh-keygen && test -x /usr/sbin/sshd
        [ "$?" = 0 ] && { [ "$(id -u)" != 0 ] || unshare --mount true; }
        """,
      ], timeout: 10))?.status == 0

  @Test func theRecipeCopiesWhatThereIs() throws {
    let copies = try text("Containerfile").split(separator: "\n")
      .filter { $0.hasPrefix("COPY ") && !$0.contains("--from") }
    #expect(copies.count > 4)
    for copy in copies {
      for source in copy.split(separator: " ").dropFirst().dropLast() {
        let file = packageRoot.appendingPathComponent(String(source))
        #expect(FileManager.default.fileExists(atPath: file.path), "\(copy)")
      }
    }
  }

  /// Every shared library that pac loads comes with the packages of the image, or with those they
  /// depend on.
  @Test(.enabled(if: isDebian, "not a Debian")) func theImageHoldsEveryLibrary() throws {
    let script = """
      packages=$(sed 's/#.*//' "$1")
      apt-cache depends --recurse --installed --no-recommends --no-suggests --no-conflicts --no-breaks \
        --no-replaces --no-enhances $packages | grep '^[a-z]' | cut -d: -f1 | sort -u >"$3/there"
      # Swift's own libraries are linked into the program of the image.
      ldd "$2" | awk '$3 ~ "^(/usr)?/lib/" { print $3 }' | while read -r library; do
        real=$(readlink -f "$library")
        { dpkg -S "$real" || dpkg -S "${real#/usr}"; } 2>/dev/null | cut -d: -f1
      done | sort -u >"$3/needed"
      [ "$(wc -l <"$3/needed")" -gt 8 ] || { echo "found only: $(cat "$3/needed")"; exit 1; }
      comm -13 "$3/there" "$3/needed"
      """
    let folder = try TemporaryFolder()
    let packages = Self.folder.appendingPathComponent("packages").path
    let result = try run(
      "bash",
      ["-euo", "pipefail", "-c", script, "bash", packages, try product("pac").path, folder.path],
      timeout: 60)
    #expect(
      result.status == 0 && result.output == "", "missing in Launch/kubernetes/packages: \(result)")
  }

  static let isDebian =
    (try? run("sh", ["-c", "command -v dpkg apt-cache"], timeout: 10))?.status == 0

  private func container(_ replica: Node) throws -> Node {
    try #require(replica["template"]?["spec"]?["containers"]?.array().first)
  }

  private func strings(_ node: Node) -> [String] { node.array().compactMap(\.string) }
}
