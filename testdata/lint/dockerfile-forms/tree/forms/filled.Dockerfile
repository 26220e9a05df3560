{% if x %}
FROM debian
{% endif %}
