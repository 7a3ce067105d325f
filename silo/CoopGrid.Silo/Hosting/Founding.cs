using CoopGrid.Domain.Governance;
using CoopGrid.Interfaces;
using Microsoft.Extensions.Options;

namespace CoopGrid.Silo.Hosting;

/// <summary>Founds the co-op of the charter that the settings name, before the host takes calls.</summary>
internal sealed partial class Founding(
    IGrainFactory grains, IOptions<GridSettings> settings, GridHealth health, ILogger<Founding> logger) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        string file = FileOf(settings.Value.Charter);
        string json = await File.ReadAllTextAsync(file, cancellationToken);
        CharterReading reading = CharterReader.Read(json);
        if (reading.Charter is not { } charter) throw new CharterException(file, reading.Errors);

        foreach (PolicyError warning in charter.Warnings()) LogWarning(file, warning);
        bool founded = await grains.GetGrain<ICoopGrain>(charter.Coop).Found(json);
        if (founded) LogFounded(charter.Coop, charter.Classes.Length);
        else LogIgnored(file, charter.Coop);
        health.IsServing = true;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        health.IsServing = false;
        return Task.CompletedTask;
    }

    /// <summary>A charter's file: as named, or one of those that are shipped.</summary>
    /// <exception cref="CharterException">There is no such file.</exception>
    private static string FileOf(string charter)
    {
        string shipped = Path.Combine(AppContext.BaseDirectory, "charters", $"{charter}.json");
        if (File.Exists(charter)) return charter;
        return File.Exists(shipped) ? shipped : throw new CharterException(charter, [new("", "there is no such file, and no shipped charter of that name")]);
    }

    [LoggerMessage(LogLevel.Information, "Co-op {Coop} is founded with {Classes} classes.")]
    private partial void LogFounded(string coop, int classes);

    [LoggerMessage(LogLevel.Warning, "Co-op {Coop} was founded by another charter: {File} is ignored; a class's policy is changed with SetPolicy.")]
    private partial void LogIgnored(string file, string coop);

    [LoggerMessage(LogLevel.Warning, "{File}: {Warning}")]
    private partial void LogWarning(string file, PolicyError warning);
}

/// <summary>A charter cannot be founded.</summary>
internal sealed class CharterException(string file, IEnumerable<PolicyError> errors)
    : Exception($"The charter {file} is not valid:{Environment.NewLine}  {string.Join($"{Environment.NewLine}  ", errors)}");
