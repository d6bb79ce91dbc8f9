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
    "pod": [
      "containers", "volumes", "securityContext", "terminationGracePeriodSeconds", "nodeSelector",
      "tolerations", "affinity", "imagePullSecrets",
    ],
    "pod.securityContext": ["runAsUser", "runAsGroup", "runAsNonRoot", "fsGroup"],
    "pod.containers.*": [
      "name", "image", "imagePullPolicy", "command", "args", "workingDir", "env", "resources",
      "volumeMounts", "readinessProbe",
    ],
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

  /// Every key of `node` that the API does not know at its place.
  private func unknownKeys(_ node: Node, at path: String = "") -> [String] {
    let place = path.replacing("spec.mpiReplicaSpecs.*.template.spec", with: "pod")
    switch node {
    case .mapping(let mapping):
      return mapping.flatMap { key, value -> [String] in
        let name = key.string ?? ""
        let any = place == "spec.mpiReplicaSpecs"
        let below = [path, any ? "*" : name].filter { !$0.isEmpty }.joined(separator: ".")
        let isKnown = Self.known[place]?.contains(name) ?? false
        return (isKnown ? [] : ["\(place).\(name)"]) + unknownKeys(value, at: below)
      }
    case .sequence(let items): return items.flatMap { unknownKeys($0, at: path + ".*") }
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
