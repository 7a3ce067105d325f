using System.Diagnostics.CodeAnalysis;
using CoopGrid.Domain.Governance;
using CoopGrid.Grains.Ledger;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Microsoft.Extensions.Options;

namespace CoopGrid.Silo.Hosting;

/// <summary>
/// Founds the co-op of the charter that the settings name, before the host takes calls. All silos of a cluster do, and founding twice is harmless. While
/// silos come and go a call of it may fail: it is made again, for <see cref="Patience"/> at the most.
/// </summary>
internal sealed partial class Founding(
    IGrainFactory grains,
    FoundingCharter founding,
    GridHealth health,
    IOptions<GridSettings> settings,
    TimeProvider time,
    ILogger<Founding> logger) : IHostedService
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromSeconds(1);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        (string file, _, Charter charter) = founding;
        foreach (PolicyError warning in charter.Warnings()) LogWarning(file, warning);
        long began = time.GetTimestamp();
        while (true)
        {
            try
            {
                await Found();
                health.IsServing = true;
                return;
            }
            catch (Exception failure) when (MayPass(failure) && time.GetElapsedTime(began) < Patience && !cancellationToken.IsCancellationRequested)
            {
                LogFailed(failure);
                await Task.Delay(TryAgainAfter, time, cancellationToken);
            }
        }
    }

    private async Task Found()
    {
        (string file, string json, Charter charter) = founding;
        bool founded = await grains.GetGrain<ICoopGrain>(charter.Coop).Found(json);
        await StartClasses(charter.Coop);
        await FinishExecution(charter.Coop);
        if (founded) LogFounded(charter.Coop, charter.Classes.Length);
        else LogIgnored(file, charter.Coop);
    }

    // One silo has nobody to wait for, and a damaged or too old store stays what it is.
    private bool MayPass(Exception failure) =>
        settings.Value.Storage == GridSettings.Postgres && failure is not (LedgerCorruptException or ArgumentException or OperationCanceledException);

    // A class has a price also when nobody asks; and a ledger that is older than its checkpoint is found now, not by a caller.
    private async Task StartClasses(string coop)
    {
        CoopProfile profile = (await grains.GetGrain<ICoopGrain>(coop).GetProfile())!;
        foreach (string name in profile.Classes) await grains.GetGrain<IClassGrain>(new ClassId(coop, name).ToString()).GetState();
    }

    // An execution that a crash broke off may be recorded, and not hold yet. If it cannot be finished now, the grid serves as it was voted before.
    [SuppressMessage("Design", "CA1031", Justification = "Whoever looks at the proposal, or executes the next one, tries again.")]
    private async Task FinishExecution(string coop)
    {
        if (await grains.GetGrain<ICoopGrain>(coop).GetExecution() is not { } turn) return;
        try
        {
            await grains.GetGrain<IProposalGrain>(new ProposalId(coop, turn.Proposal).ToString()).Finish(turn.By);
        }
        catch (Exception failure)
        {
            LogUnfinished(failure, turn.Proposal);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        health.IsServing = false;
        return Task.CompletedTask;
    }

    [LoggerMessage(LogLevel.Information, "Co-op {Coop} is founded with {Classes} classes.")]
    private partial void LogFounded(string coop, int classes);

    [LoggerMessage(LogLevel.Warning, "Co-op {Coop} was founded by another charter: {File} is ignored; a class's policy is changed by a proposal.")]
    private partial void LogIgnored(string file, string coop);

    [LoggerMessage(LogLevel.Warning, "The execution of proposal {Proposal} was broken off and could not be finished; it is tried again with the next one.")]
    private partial void LogUnfinished(Exception failure, string proposal);

    [LoggerMessage(LogLevel.Warning, "Founding failed; it is tried again.")]
    private partial void LogFailed(Exception failure);

    [LoggerMessage(LogLevel.Warning, "{File}: {Warning}")]
    private partial void LogWarning(string file, PolicyError warning);
}

/// <summary>The charter that the settings name. It is read before anything is opened, so that a wrong one changes nothing.</summary>
/// <param name="File">Where it was read.</param>
/// <param name="Json">As it was read.</param>
/// <param name="Charter">What it says.</param>
internal sealed record FoundingCharter(string File, string Json, Charter Charter)
{
    /// <summary>Reads a charter: a file, or one of those that are shipped, by its name.</summary>
    /// <exception cref="CharterException">There is no such file, or it is not valid.</exception>
    public static FoundingCharter Read(string named)
    {
        string shipped = Path.Combine(AppContext.BaseDirectory, "charters", $"{named}.json");
        string file = System.IO.File.Exists(named) || !System.IO.File.Exists(shipped) ? named : shipped;
        if (!System.IO.File.Exists(file)) throw new CharterException(named, [new("", "there is no such file, and no shipped charter of that name")]);
        string json = System.IO.File.ReadAllText(file);
        CharterReading reading = CharterReader.Read(json);
        return reading.Charter is { } charter ? new(file, json, charter) : throw new CharterException(file, reading.Errors);
    }
}

/// <summary>A charter cannot be founded.</summary>
internal sealed class CharterException(string file, IEnumerable<PolicyError> errors)
    : Exception($"The charter {file} is not valid:{Environment.NewLine}  {string.Join($"{Environment.NewLine}  ", errors)}");
