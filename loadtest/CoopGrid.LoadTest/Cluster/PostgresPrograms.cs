using System.Diagnostics;
using System.Globalization;

namespace CoopGrid.LoadTest.Cluster;

/// <summary>PostgreSQL's programs on this machine, run as a user that PostgreSQL accepts: it refuses root, for whom they run as 'postgres'.</summary>
/// <param name="folder">Where they are.</param>
internal sealed class PostgresPrograms(string folder)
{
    private const string Installed = "/usr/lib/postgresql";
    private const string User = "postgres";

    public static bool IsRoot => Environment.UserName == "root";

    /// <summary>The newest version that is installed, or the one on the PATH.</summary>
    /// <exception cref="PostgresMissingException">There is none.</exception>
    public static PostgresPrograms Find() => Find(Installed, Environment.GetEnvironmentVariable("PATH") ?? "");

    /// <param name="installed">Holds a folder for each version, named by its number.</param>
    /// <param name="path">Folders, separated by colons.</param>
    /// <exception cref="PostgresMissingException">There is none.</exception>
    internal static PostgresPrograms Find(string installed, string path)
    {
        IEnumerable<string> versions = Directory.Exists(installed)
            ? Directory.GetDirectories(installed).OrderByDescending(Version).Select(version => Path.Combine(version, "bin"))
            : [];
        string? found = versions.Concat(path.Split(':', StringSplitOptions.RemoveEmptyEntries)).FirstOrDefault(bin =>
            File.Exists(Path.Combine(bin, "initdb")) && File.Exists(Path.Combine(bin, "postgres")));
        return new(found ?? throw new PostgresMissingException());
    }

    /// <summary>Makes a folder PostgreSQL's own.</summary>
    public static Task OwnAsync(string path, CancellationToken stop) =>
        IsRoot ? ExecuteAsync("chown", ["-R", $"{User}:", path], stop) : Task.CompletedTask;

    /// <summary>Runs one of them to its end.</summary>
    /// <returns>What it wrote to standard output.</returns>
    /// <exception cref="IOException">It failed; the message holds what it wrote.</exception>
    public Task<string> RunAsync(string program, IReadOnlyList<string> arguments, CancellationToken stop)
    {
        string full = Path.Combine(folder, program);
        return IsRoot ? ExecuteAsync("runuser", ["-u", User, "--", full, .. arguments], stop) : ExecuteAsync(full, arguments, stop);
    }

    /// <summary>
    /// Starts a server as a child of this process, which so collects it when it ends: one that is not collected yet counts as running for the next.
    /// </summary>
    public Process StartServer(string data, string log)
    {
        string[] server = ["/bin/sh", "-c", "exec \"$0\" -D \"$1\" >>\"$2\" 2>&1 </dev/null", Path.Combine(folder, "postgres"), data, log];
        string[] command = IsRoot ? ["setpriv", $"--reuid={User}", $"--regid={User}", "--init-groups", "--", .. server] : server;
        var start = new ProcessStartInfo(command[0], command[1..]) { WorkingDirectory = "/" };
        start.Environment["LC_ALL"] = "C";
        return Process.Start(start)!;
    }

    private static async Task<string> ExecuteAsync(string file, IReadOnlyList<string> arguments, CancellationToken stop)
    {
        var start = new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" };
        start.Environment["LC_ALL"] = "C";
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(stop), errors = process.StandardError.ReadToEndAsync(stop);
        await process.WaitForExitAsync(stop);
        return process.ExitCode == 0
            ? await output
            : throw new IOException($"{file} {string.Join(' ', arguments)} ended with {process.ExitCode}: {await output}{await errors}");
    }

    private static int Version(string folder) =>
        int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int version) ? version : 0;
}
